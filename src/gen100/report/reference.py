"""reports/reference.json: what real images, noise and one flat colour score, by which every table is read."""

from typing import Literal, get_args

from gen100 import layout
from gen100.config import Params
from gen100.errors import UserError
from gen100.metrics.measures import computed
from gen100.provenance import Provenance
from gen100.report.records import Record, advice, check_numbers, provenance_of, read_mapping

Kind = Literal["real", "noise", "constant"]
"""`real` images of the other split are the floor; `noise` and one `constant` image are the ceilings."""
KINDS: tuple[Kind, ...] = get_args(Kind)


def read_reference(params: Params) -> dict[Kind, Record]:
    """The measures of each kind, by their keys, and `samples`, the number of its images.

    Raises:
        UserError: the file is missing, or lacks a kind or a measure that params.yaml asks for.
    """
    record, way_out = read_mapping(layout.REFERENCE, advice("reference")), advice("reference")
    found: dict[Kind, Record] = {}
    for kind in KINDS:
        unseen = kind != "real" or params.metrics.reference == "train"
        keys = ["samples"]
        for measure in computed(params.metrics, captions=True, autoencoder=False, unseen=unseen):
            keys += measure.keys(other=kind != "real")
        found[kind] = _kind(record, kind)
        check_numbers(found[kind], keys, layout.REFERENCE, way_out)
    return found


def read_provenance() -> Provenance:
    """What the workspace's numbers were measured with; its `samples` are the real images of the floor.

    Raises:
        UserError: the file is missing, or an older version wrote it.
    """
    way_out = advice("reference")
    return provenance_of(read_mapping(layout.REFERENCE, way_out), layout.REFERENCE, way_out)


def read_levels() -> dict[str, float]:
    """FID of real images of the other split (the floor), of noise and of one flat colour (the ceilings).

    Raises:
        UserError: the file is missing or lacks one of them.
    """
    way_out = advice("reference")
    record = read_mapping(layout.REFERENCE, way_out)
    levels = {}
    for kind in KINDS:
        check_numbers(_kind(record, kind), ["fid"], layout.REFERENCE, way_out)
        levels[kind] = float(record[kind]["fid"])
    return levels


def _kind(record: Record, kind: Kind) -> Record:
    found = record.get(kind)
    if not isinstance(found, dict):
        raise UserError(f"{layout.REFERENCE} has no '{kind}': remove it and {advice('reference')}")
    return found
