"""The connection to one place in an S3 object store, and what its errors mean."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from archive.store.failures import conflict, not_found
from model.errors import ArchiveError, ConfigurationError, StorageError
from model.text import N_

CONNECT_SECONDS = 4
READ_SECONDS = 30
ATTEMPTS = 3

_MAX_PREFIX = 200
_OPTIONS = frozenset({"endpoint", "region"})

_ABSENT = frozenset({"NoSuchKey", "NoSuchVersion", "404"})
_TAKEN = frozenset({"PreconditionFailed", "412"})
_REFUSED = frozenset(
    {
        "AccessDenied",
        "AccountProblem",
        "AllAccessDisabled",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "401",
        "403",
    }
)
_CREDENTIALS = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError"}
)
_SETTINGS = frozenset(
    {"ProfileNotFound", "NoRegionError", "InvalidRegionError", "ParamValidationError", "ConfigParseError"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Address:
    """Where a store lies."""

    bucket: str
    prefix: str
    """Empty, or ending in `/`."""
    endpoint: str | None = None
    """URL of the server; none for Amazon's."""
    region: str | None = None

    @classmethod
    def parse(cls, url: str) -> "S3Address":
        """Read `s3://bucket/prefix?endpoint=http://host:port&region=name`.

        Raises:
            ConfigurationError: not such a URL, or one with credentials in it.
        """
        parts = urlsplit(url)
        options = parse_qs(parts.query)
        prefix = unquote(parts.path).strip("/")
        plain = parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc and not parts.fragment
        if not plain or options.keys() - _OPTIONS or len(prefix) > _MAX_PREFIX or not prefix.isascii():
            raise ConfigurationError(
                N_("The address of an S3 store cannot be read."),
                hint=N_(
                    "Write it as s3://bucket/prefix?endpoint=https://server&region=name; the credentials belong in "
                    "the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), never in the address."
                ),
            )
        return cls(
            bucket=parts.netloc,
            prefix=f"{prefix}/" if prefix else "",
            endpoint=options.get("endpoint", [None])[-1],
            region=options.get("region", [None])[-1],
        )

    def __str__(self) -> str:
        server = f"?endpoint={self.endpoint}" if self.endpoint else ""
        return f"s3://{self.bucket}/{self.prefix}{server}".rstrip("/")


class S3Connection:
    """A client made on first use and shared by the threads of this process."""

    def __init__(self, store: str, address: S3Address) -> None:
        self.store = store
        self.address = address
        self._client: Any = None
        self._lock = threading.Lock()

    @property
    def client(self) -> Any:
        """The boto3 client.

        Raises:
            ConfigurationError: boto3 is not installed, or the settings cannot be used.
        """
        with self._lock:
            if self._client is None:
                with self.translated(""):
                    self._client = self._connect()
            return self._client

    def name(self, key: str) -> dict[str, str]:
        """Return the parameters that name an object."""
        return {"Bucket": self.address.bucket, "Key": self.address.prefix + key}

    @contextmanager
    def translated(self, key: str) -> Iterator[None]:
        """Turn the library's exceptions into errors of the archive that name the store and the key."""
        try:
            yield
        except ArchiveError:
            raise
        except Exception as error:
            answer = self._meaning(error, key)
            if answer is None:
                raise
            raise answer from error

    def close(self) -> None:
        """Close the connections; the next use opens new ones."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _connect(self) -> Any:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise ConfigurationError(
                N_("Store {store} is an S3 store, and support for S3 is not installed."),
                hint=N_("Install it with: pip install 'chauban[s3]'"),
                store=self.store,
            ) from error
        settings = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=16,
            s3={"addressing_style": "path" if self.address.endpoint else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            user_agent_extra="chauban",
        )
        return boto3.session.Session().client(
            "s3", endpoint_url=self.address.endpoint, region_name=self.address.region, config=settings
        )

    def _meaning(self, error: Exception, key: str) -> ArchiveError | None:
        """Return the error an exception stands for; none for one that is not the library's."""
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            return self._refusal(code_of(error), str(error.response.get("Error", {}).get("Message", "")), key)
        if isinstance(error, BotoCoreError):
            return self._trouble(error, key)
        return self._unusable(str(error)) if isinstance(error, ValueError) else None

    def _refusal(self, code: str, said: str, key: str) -> ArchiveError:
        if code in _ABSENT:
            return not_found(self.store, key)
        if code in _TAKEN:
            return conflict(self.store, key)
        if code == "NoSuchBucket":
            return ConfigurationError(
                N_("Store {store}: there is no bucket {bucket} at {location}."),
                hint=N_("Check the address of the store, or have the bucket created."),
                store=self.store,
                bucket=self.address.bucket,
                location=self.address,
            )
        if code in _REFUSED:
            return ConfigurationError(
                N_("Store {store} at {location} refuses access ({code})."),
                hint=N_(
                    "Check the credentials in the environment, the clock of this machine, and the bucket's policy."
                ),
                store=self.store,
                location=self.address,
                code=code,
            )
        return StorageError(
            N_("Store {store} could not carry out the request for {key}: {code} {said}"),
            hint=N_("Ask the administrator of the object store whether it is healthy and has space, then try again."),
            store=self.store,
            key=key or self.address,
            code=code,
            said=said,
        )

    def _trouble(self, error: Exception, key: str) -> ArchiveError:
        kind = type(error).__name__
        if kind in _CREDENTIALS:
            return ConfigurationError(
                N_("There are no credentials for store {store} at {location}."),
                hint=N_("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of the program."),
                store=self.store,
                location=self.address,
            )
        if kind in _SETTINGS:
            return self._unusable(str(error))
        return StorageError(
            N_("Store {store} at {location} could not be reached for {key} ({kind})."),
            hint=N_("Check that the server runs and that the network leads to it, then run the command again."),
            store=self.store,
            location=self.address,
            key=key,
            kind=kind,
        )

    def _unusable(self, reason: str) -> ConfigurationError:
        return ConfigurationError(
            N_("The settings of store {store} at {location} cannot be used: {reason}"),
            hint=N_("Correct the address of the store in the archive's configuration."),
            store=self.store,
            location=self.address,
            reason=reason,
        )


def code_of(error: Exception) -> str:
    """Return the error code in a server's answer; empty for an exception that is no answer."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
