"""Every chart and table of the course: one width, one palette, units on the axes.

Charts and tables take plain record dictionaries, as `data/record.schema.json` describes them.
"""

from helpers.display.charts import (
    COLOURS,
    WIDTH,
    Chart,
    latency_chart,
    samples_chart,
    save_chart,
)
from helpers.display.tables import table

__all__ = ["COLOURS", "WIDTH", "Chart", "latency_chart", "samples_chart", "save_chart", "table"]
