"""Where gold is found once it is deployed: the names that are not the model's own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The account, catalogue and servers that the artefacts speak of."""

    account: str = "youraccount"
    """The storage account; the filesystem is `gold`."""
    catalog: str = "main"
    """The catalogue of Unity Catalog; the schema is the model's name."""
    server: str = "yourworkspace-ondemand.sql.azuresynapse.net"
    """The serverless SQL endpoint of Synapse."""
    database: str = "lakehouse"
    """The database of that endpoint that holds the views."""

    def location(self, path: str) -> str:
        """Give the URL of a path of the lake, whose first segment is the filesystem."""
        filesystem, _, rest = path.partition("/")
        return f"abfss://{filesystem}@{self.account}.dfs.core.windows.net/{rest}"
