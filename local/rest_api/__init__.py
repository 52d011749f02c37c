"""A REST interface on this machine that pages, filters and signs as real ones do, and misbehaves on command."""

from local.rest_api.collection import Collection
from local.rest_api.server import Asked, Fault, RestApi

__all__ = ["Asked", "Collection", "Fault", "RestApi"]
