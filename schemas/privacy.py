"""Privacy classes, declared at the field that holds the data.

Source: JR/T 0171-2020. C3, the bank's own authentication data, never enters a canonical schema.
"""

from typing import Literal

import msgspec

PrivacyClass = Literal["C1", "C2"]
Cluster = Literal["identity", "contact", "account", "financial", "location"]

C1: PrivacyClass = "C1"
C2: PrivacyClass = "C2"


def private(privacy_class: PrivacyClass, cluster: Cluster, description: str | None = None) -> msgspec.Meta:
    """Marks a field as personal: masked in logs and audit, sealed at rest, cut down to the consent."""
    return msgspec.Meta(
        description=description,
        extra={"privacy": privacy_class, "cluster": cluster},
        extra_json_schema={"x-privacy": privacy_class, "x-cluster": cluster},
    )
