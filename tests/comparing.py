"""Outputs of a notebook against the stored ones, by the rule that strict nbval follows."""

import re
from collections import defaultdict

# stored where a form or a frame stands in Lab; told there by a Netron that is too old
LIVE_LINE = re.compile(r"(In JupyterLab|Netron draws for)[^\n]*\n")
UNCOMPARED = {"image/png", "application/vnd.jupyter.widget-view+json"}


def joined(text: str | list[str]) -> str:
    """A text as one string; a notebook's file may hold a list of lines."""
    return text if isinstance(text, str) else "".join(text)


def comparable(outputs: list[dict]) -> dict[str, list[str]]:
    """{stream or kind of data: its texts in order}, without what differs from run to run.

    A live frame and the line that is stored in its place are left out, with what an old Netron says
    above it, and so is the line in place of a live form, whose answers are compared. Pictures are
    drawn, not compared.
    """
    found: dict[str, list[str]] = defaultdict(list)
    streams: dict[str, str] = defaultdict(str)
    for output in outputs:
        if output["output_type"] == "stream":
            streams[output["name"]] += joined(output["text"])
            continue
        data = output["data"]
        if "<iframe" not in joined(data.get("text/html", "")):
            for kind in data.keys() - UNCOMPARED:
                found[kind].append(joined(data[kind]))
    for name, text in streams.items():
        if kept := LIVE_LINE.sub("", text):
            found[name].append(kept)
    return dict(found)
