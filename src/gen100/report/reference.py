"""reports/reference.json: what real images, noise and one flat colour score, by which every table is read."""

from collections.abc import Callable
from typing import Literal, get_args

from gen100 import layout
from gen100.config import Params
from gen100.errors import UserError
from gen100.metrics.measures import computed, may_be_empty
from gen100.provenance import Provenance
from gen100.report.records import Record, advice, check_numbers, provenance_of, read_record

Kind = Literal["real", "noise", "constant"]
"""`real` images of the other split are the floor; `noise` and one `constant` image are the ceilings."""
WAY_OUT = advice("reference")


def read_reference(params: Params) -> dict[Kind, Record]:
    """The measures of each kind, by their keys, and `samples`, the number of its images; UserError where the file
    is missing, or lacks a kind or a measure that params.yaml asks for."""

    def keys(kind: Kind) -> list[str]:
        unseen = kind != "real" or params.metrics.reference == "train"
        measures = computed(params.metrics, captions=True, autoencoder=False, unseen=unseen)
        return ["samples", *(key for measure in measures for key in measure.keys(other=kind != "real"))]

    return _read_kinds(keys)


def read_levels() -> dict[str, float]:
    """FID of real images of the other split (the floor), of noise and of one flat colour (the ceilings); UserError
    where the file is missing or lacks one of them."""
    return {kind: float(record["fid"]) for kind, record in _read_kinds(lambda _kind: ["fid"]).items()}


def read_provenance() -> Provenance:
    """What the workspace's numbers were measured with; its `samples` are the real images of the floor. UserError
    where the file is missing, or an older version wrote it."""
    return provenance_of(read_record(layout.REFERENCE, [], [], WAY_OUT), layout.REFERENCE, WAY_OUT)


def _read_kinds(keys: Callable[[Kind], list[str]]) -> dict[Kind, Record]:
    """The entry of each kind, which must hold the numbers that `keys` names."""
    record = read_record(layout.REFERENCE, [], [], WAY_OUT)
    kinds: tuple[Kind, ...] = get_args(Kind)
    for kind in kinds:
        if not isinstance(record.get(kind), dict):
            raise UserError(f"{layout.REFERENCE} has no '{kind}': remove it and {WAY_OUT}")
        check_numbers(record[kind], keys(kind), layout.REFERENCE, WAY_OUT, may_be_empty())
    return {kind: record[kind] for kind in kinds}
