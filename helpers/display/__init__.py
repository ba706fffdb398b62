"""Every chart and table of the course: one width, one palette, units on the axes.

Charts and tables take plain record dictionaries, as `data/record.schema.json` describes them.
"""

from helpers.display.accuracy import accuracy_chart
from helpers.display.charts import (
    COLOURS,
    WIDTH,
    Chart,
    latency_chart,
    samples_chart,
    save_chart,
)
from helpers.display.entries import headline
from helpers.display.ladder import ladder_chart
from helpers.display.roofline import roofline_chart
from helpers.display.scaling import scaling_chart
from helpers.display.sweeps import sweep_chart
from helpers.display.tables import table

__all__ = [
    "COLOURS",
    "WIDTH",
    "Chart",
    "accuracy_chart",
    "headline",
    "ladder_chart",
    "latency_chart",
    "roofline_chart",
    "samples_chart",
    "save_chart",
    "scaling_chart",
    "sweep_chart",
    "table",
]
