"""Loads models by name in a process of its own: `hub_load.py CACHE NAME...`.

HF_ENDPOINT says where the hub is, HUB_PATIENCE after how many seconds it may be found too slow,
HUB_TRIES how often it is asked for one file, HUB_TOLD how many bytes it may tell of a model,
TOGETHER, where it is set, which file it waits for before it begins.
Prints one line of JSON a name: the loaded model's facts, or the message of the InputError.
"""

import json
import os
import sys
import time
from pathlib import Path

import helpers.downloads
import helpers.hub
from helpers.errors import InputError
from helpers.models import load


def main() -> None:
    """Loads the models and says what came."""
    helpers.downloads.DOWNLOADS = helpers.hub.DOWNLOADS = Path(sys.argv[1])
    helpers.hub._PATIENCE_S = float(os.environ.get("HUB_PATIENCE", helpers.hub._PATIENCE_S))
    helpers.hub._TRIES = int(os.environ.get("HUB_TRIES", helpers.hub._TRIES))
    helpers.hub._TOLD = int(os.environ.get("HUB_TOLD", helpers.hub._TOLD))
    if "TOGETHER" in os.environ:  # with another one that waits for the same file
        print("waits", flush=True)
        while not Path(os.environ["TOGETHER"]).exists():
            time.sleep(0.001)
    for name in sys.argv[2:]:
        try:
            loaded = load(name)
        except InputError as error:
            print(json.dumps(str(error)))
            continue
        total = float(loaded.model.qa_outputs.weight.detach().sum())
        print(json.dumps([loaded.name, loaded.trained, len(loaded.tokenizer), total]))


if __name__ == "__main__":
    main()
