"""The figures of both READMEs are those of the records that they name."""

import json
import re

import pytest

from helpers import checkpoints, downloads, hub, nesting, recorded
from helpers.display.entries import short as digits
from helpers.files import PROJECT
from helpers.offline import entries
from helpers.pictures import layout
from helpers.scoring import WAYS
from helpers.squad import reading, windows
from helpers.wire import MAX_DEPTH, MAX_FIELDS, decode

ENGLISH, CHINESE = (
    (PROJECT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")
)
NAMED = list(dict.fromkeys(re.findall(r"data/records/([\w.-]+)\.json", ENGLISH)))
both = pytest.mark.parametrize("readme", [ENGLISH, CHINESE], ids=["English", "Chinese"])


def row_of(rung):
    """What the README's table says of a rung."""
    f1 = "-" if rung["f1"] is None else f"{rung['f1']:.1f}"
    near = f"{rung['share_of_limit']:.0%}"
    faster, median = rung["times_faster"]["median"], rung["latency_ms"]["p50"]
    return f"| {rung['name']} | {rung['precision']} | {median:.2f} | {faster:.2f} | {near} | {f1} |"


def figure(documented) -> int:
    """How many bytes of memory a docstring says that a byte of a file takes at the most."""
    (told,) = re.findall(r"(\d+)\sbytes\sfor\sone\sof", documented.__doc__)
    return int(told)


LIMITS = {
    "messages": (MAX_DEPTH, r"\b(\d+) messages inside", r"嵌套 (\d+) 层"),
    "fields": (MAX_FIELDS, r"([\d,]+) fields", r"([\d,]+) 个字段"),
    "decoding": (figure(decode), r"worst (\d+) bytes of memory", r"每字节占 (\d+) 字节内存"),
    "SQuAD": (reading._BYTES // 10**6, r"([\d,]+) MB for a SQuAD", r"SQuAD 文件最大 ([\d,]+) MB"),
    "text": (reading._LETTERS, r"([\d,]+) letters in a text", r"一段文字最多 ([\d,]+) 个字符"),
    "answers": (reading._ANSWERS, r"([\d,]+) answers to a", r"一个问题最多 ([\d,]+) 个答案"),
    "windows": (windows._TOKENS, r"([\d,]+) tokens in windows", r"窗口最多共 ([\d,]+) 个词元"),
    "shard": (entries.MOST, r"of a shard, ([\d,]+) quest", r"一个分片最多 ([\d,]+) 个问题"),
    "picture": (layout._MOST, r"([\d,]+) boxes and pieces", r"一张图最多 ([\d,]+) 个方框"),
    "bars": (nesting._BARS, r"([\d,]+) bars in a chart", r"一张字节图最多 ([\d,]+) 条"),
    "layers": (checkpoints._LAYERS, r"folder, (\d+) layers", r"模型文件夹最多 (\d+) 层"),
    "config": (
        checkpoints._TEXT_BYTES >> 20,
        r"and (\d+) MiB for a",
        r"一个文本最大 (\d+) MiB",
    ),
    "told": (hub._TOLD // 10**6, r"(\d+) MB about a model", r"关于一个模型的最大 (\d+) MB"),
    "weights": (hub._WEIGHTS // 10**9, r"(\d+) GB for a file of w", r"一个权重文件最大 (\d+) GB"),
    "tries": (hub._TRIES, r"(\d+) tries for one address", r"一个地址最多试 (\d+) 次"),
    "download": (downloads._MOST // 10**6, r"(\d+) MB for another d", r"其他下载最大 (\d+) MB"),
    "record": (
        recorded._BYTES // 10**6,
        r"a record has at most (\d+) MB",
        r"记录最大 (\d+) MB",
    ),
}


@pytest.mark.parametrize(("value", "english", "chinese"), LIMITS.values(), ids=LIMITS)
def test_the_limits_that_both_readmes_state_are_those_of_the_code(value, english, chinese):
    for pattern, readme in ((english, ENGLISH), (chinese, CHINESE)):
        (told,) = re.findall(pattern, readme)
        assert int(told.replace(",", "")) == value


def test_the_readme_names_a_record_of_each_model():
    models = {
        json.loads((PROJECT / "data" / "records" / f"{name}.json").read_text())["model"]["name"]
        for name in NAMED
    }
    assert models == {"embedded", "bert-large-random"}


@both
@pytest.mark.parametrize("name", NAMED)
def test_each_row_of_the_readmes_tables_is_of_its_record(readme, name):
    record = json.loads((PROJECT / "data" / "records" / f"{name}.json").read_text())
    after = readme.split(f"data/records/{name}.json")[1]
    table = after[after.index("\n| ") :].split("\n\n")[0].strip().splitlines()
    assert table[2:] == [row_of(rung) for rung in record["rungs"]]


def record_of(name):
    return json.loads((PROJECT / "data" / "records" / f"{name}.json").read_text("utf-8"))


def chapter(number):
    return next((PROJECT / "notebooks").glob(f"{number}-*")).read_text(encoding="utf-8")


def seconds_of(record, length):
    """{way: seconds} of the fused file, whole files in windows of so many tokens."""
    ways = [
        way for way in record["scoring"] if (way["slug"], way["length"]) == ("ort-fused", length)
    ]
    assert len(ways) == 3
    return {way["how"]: f"{way['seconds']:.1f}" for way in ways}


def test_the_figures_of_the_embedded_model_that_prose_repeats_are_those_of_the_record():
    record = record_of("epyc-zen4-embedded")
    f1 = {rung["slug"]: f"{rung['f1']:.2f}" for rung in record["rungs"]}
    dynamic, static = f1["ort-int8-dynamic"], f1["ort-int8-static"]
    assert f"{f1['torch-eager']} in fp32, {dynamic} in dynamic int8 and {static} in" in chapter(
        "06"
    )
    usual, short = (seconds_of(record, length) for length in (384, 128))
    padded, real, sorted_ones = (usual[how] for how in WAYS)
    took = (
        f"took the embedded model's fused file {padded} s one by one and padded, {sorted_ones} s in"
    )
    assert took in chapter("06")
    assert f"384 tokens took {padded} s padded and one by one, {sorted_ones} s in" in chapter("08")
    less = [short[how] for how in WAYS]
    assert (
        f"{padded} s one by one and padded, {real} s at real lengths, {sorted_ones} s in sorted "
        f"batches; in windows of 128, where less is padding, {less[0]}, {less[1]} and {less[2]} s."
    ) in ENGLISH
    assert (
        f"{padded} 秒，按真实长度 {real} 秒，排序后成批 {sorted_ones} 秒；"
        f"128 个词元的窗口填充较少，分别是 {less[0]}、{less[1]} 和 {less[2]} 秒。"
    ) in CHINESE


def test_the_figures_of_the_gpu_that_prose_repeats_are_those_of_its_records():
    record, second = record_of("h200-bert-large-random"), record_of("h200-kernels")
    rungs = {rung["slug"]: rung for rung in record["rungs"]}
    p50 = {slug: digits(rung["latency_ms"]["p50"]) for slug, rung in rungs.items()}
    assert (
        f"PyTorch eager {p50['torch-eager']} ms, compiled in fp16 {p50['torch-compiled-fp16']} ms, "
        f"ONNX Runtime's CUDA graph {p50['ort-fp16-graph']} ms:"
    ) in chapter("06")
    assert f"products reached {record['limit']['peak_gflops']['fp16'] / 1000:.0f}.)" in chapter(
        "07"
    )
    again = {rung["slug"]: rung for rung in second["rungs"]}
    ours, theirs = (one["ort-fp16-graph"]["device_ms"]["p50"] for one in (rungs, again))
    assert f" {ours:.2f} ms were reached, and {theirs:.2f} in the second run." in chapter("07")
    assert f"has {p50['ort-fp16']} ms for this file at 128 tokens" in chapter("07")
    busy = {one["slug"]: f"{one['busy_ms']:.2f}" for one in second["kernels"]}
    compiled, graph = busy["torch-compiled-fp16"], busy["ort-fp16-graph"]
    assert f"its kernels take {compiled} ms and ONNX Runtime's {graph}, and the rest" in ENGLISH
    assert f"它的核函数共用 {compiled} 毫秒，ONNX Runtime 的用 {graph} 毫秒" in CHINESE


def test_the_figures_of_the_processors_that_prose_repeats_are_those_of_their_records():
    peaks = record_of("epyc-zen4-bert-large-random")["limit"]["peak_gflops"]
    fp32, bf16, int8 = (f"{peaks[precision]:.0f}" for precision in ("fp32", "bf16", "int8"))
    assert f"{fp32} GFLOP/s in fp32, {bf16} in bf16, {int8} in int8." in ENGLISH
    assert f"fp32 为 {fp32} GFLOP/s，bf16 为 {bf16} GFLOP/s，int8 为 {int8} GFLOP/s。" in CHINESE
    large = {rung["slug"]: rung for rung in record_of("epyc-zen4-bert-large-random")["rungs"]}
    assert large["ort-exported"]["times_faster"]["median"] == pytest.approx(4 / 3, abs=0.05)
    assert "on the CPU about three quarters." in chapter("05")
    zen_3 = {rung["slug"]: rung for rung in record_of("epyc-zen3-embedded")["rungs"]}
    faster = f"{zen_3['ort-int8-norms-apart']['times_faster']['median']:.1f}"
    assert f"int8 with norms apart was {faster} times as fast as PyTorch eager" in ENGLISH
    assert f"int8（norms apart）的速度是 PyTorch eager 的 {faster} 倍" in CHINESE


def test_the_weights_that_ship_have_the_scores_of_their_row_in_the_table():
    card = (PROJECT / "data/embedded-bert/README.md").read_text(encoding="utf-8")
    scores = re.findall(r"^\| [a-z-]+ \| \d+ \| ([\d.]+) \|", card, re.MULTILINE)
    assert len(scores) == 5
    origin = (PROJECT / "data/README.md").read_text(encoding="utf-8")
    row = next(line for line in origin.splitlines() if line.startswith("| the same with 50 %"))
    assert row.endswith("| " + " | ".join(scores) + " |")


@both
def test_the_figures_of_throughput_are_those_of_their_record(readme):
    (name,) = set(re.findall(r"data/throughput/([\w.-]+)\.json", readme))
    record = json.loads((PROJECT / "data" / "throughput" / f"{name}.json").read_text())
    ways = record["ways"]
    after = readme.split(f"data/throughput/{name}.json")[1]
    table = after[after.index("\n| ") :].split("\n\n")[0].strip().splitlines()[2:]
    assert [re.findall(r"\d[\d.]*(?= )", line.split("|", 2)[2]) for line in table] == [
        [f"{ways['seconds'][way]:.1f}", f"{ways['per_s'][way]:.1f}"]
        + [
            f"{one['median']:.2f}"
            for one in [ways["engine_times_faster"]["steady"].get(way)]
            if one
        ]
        for way in ways["per_s"]
    ]
    assert f"{ways['questions']:,}" in readme and f"{ways['steady_per_s']:.1f}" in after


@both
def test_every_link_and_picture_is_there(readme):
    targets = re.findall(r"\]\(([^)#]+)\)", readme)
    assert len(targets) > 4
    assert [t for t in targets if not t.startswith("http") and not (PROJECT / t).exists()] == []


@both
def test_no_placeholder_is_left(readme):
    assert not re.findall(r"\b(?:TIMES|RESULT|MACHINE|TODO)\b", readme)


@both
def test_every_chapter_stands_in_the_table(readme):
    chapters = sorted(path.name for path in (PROJECT / "notebooks").glob("[0-9]*.ipynb"))
    assert chapters
    assert [name for name in chapters if f"notebooks/{name}" not in readme] == []


PATTERNS = {
    "commands": r"`make \w+",
    "benchmarks": r"make bench [A-Z][^#\n`]*",
    "blocks": r"^make \w+",
    "settings": r"[A-Z]+= [A-Z= ]+",
    "numbers": r"\d[\d,.]*\d",
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_the_chinese_readme_has_what_the_english_one_has(pattern):
    english, chinese = (
        sorted(found.strip() for found in re.findall(pattern, text, re.MULTILINE))
        for text in (ENGLISH, CHINESE)
    )
    assert english == chinese != []
