"""This package knows what is loaded: the sources and tables that `tables/*.yml` describe."""

from shared.catalog.catalog import Catalog, UnknownSource, UnknownTable
from shared.catalog.column_spec import ColumnSpec, MaskSpec
from shared.catalog.connection import MANAGED_IDENTITY, MissingSetting, resolve
from shared.catalog.names import NameUnencodable, SegmentForeign, decode_name, encode_name
from shared.catalog.problem import CatalogInvalid, Problem
from shared.catalog.reading import parse_catalog, read_catalog
from shared.catalog.schedule import Schedule, parse_schedule
from shared.catalog.spec import (
    Compare,
    CursorSpec,
    DeleteSpec,
    ReceiptLevel,
    RuleSpec,
    SilverSpec,
    SliceSpec,
    SourceSpec,
    TableSpec,
)
from shared.catalog.target import quarantine_target, silver_target

__all__ = [
    "MANAGED_IDENTITY",
    "Catalog",
    "CatalogInvalid",
    "ColumnSpec",
    "Compare",
    "CursorSpec",
    "DeleteSpec",
    "MaskSpec",
    "MissingSetting",
    "NameUnencodable",
    "Problem",
    "ReceiptLevel",
    "RuleSpec",
    "Schedule",
    "SegmentForeign",
    "SilverSpec",
    "SliceSpec",
    "SourceSpec",
    "TableSpec",
    "UnknownSource",
    "UnknownTable",
    "decode_name",
    "encode_name",
    "parse_catalog",
    "parse_schedule",
    "quarantine_target",
    "read_catalog",
    "resolve",
    "silver_target",
]
