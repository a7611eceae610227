"""SM3 as the standard prints it."""

import pytest

from connectors.kit.signing import sm3


@pytest.mark.parametrize(
    ("data", "printed"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_a_digest_is_as_the_standard_prints_it(data: bytes, printed: str) -> None:
    """Both examples of GB/T 32905-2016, appendix A."""
    assert sm3.digest(data).hex() == printed
