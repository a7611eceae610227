import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store import Sealer, Unsealable

MASTER = bytes(range(32))


@pytest.fixture
def sealer():
    return Sealer(MASTER)


@pytest.fixture
def bank(sealer):
    return sealer.tenant("bank-a", sealer.new_data_key("bank-a"))


@given(plain=st.binary(max_size=300), context=st.text(max_size=40))
def test_what_was_sealed_comes_back(plain, context):
    sealer = Sealer(MASTER)
    bank = sealer.tenant("bank", sealer.new_data_key("bank"))
    assert bank.unseal(bank.seal(plain, context=context), context=context) == plain


def test_the_same_value_never_seals_alike(bank):
    assert bank.seal(b"6222", context="orders.request") != bank.seal(b"6222", context="orders.request")


def test_every_altered_byte_is_noticed(bank):
    """Flipping any byte, the version and nonce too, makes a value unsealable."""
    sealed = bank.seal(b"account 6222", context="orders.request")
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(Unsealable):
            bank.unseal(bytes(altered), context="orders.request")


@pytest.mark.parametrize("length", [0, 1, 12, 13, 28, 40])
def test_a_cut_value_is_noticed(bank, length):
    with pytest.raises(Unsealable):
        bank.unseal(bank.seal(b"account 6222", context="c")[:length], context="c")


def test_a_value_moved_to_another_field_is_noticed(bank):
    sealed = bank.seal(b"6222", context="orders.request")
    with pytest.raises(Unsealable, match=r"orders\.result") as refusal:
        bank.unseal(sealed, context="orders.result")
    assert "6222" not in str(refusal.value)


def test_a_value_moved_to_another_tenant_is_noticed(sealer, bank):
    other = sealer.tenant("bank-b", sealer.new_data_key("bank-b"))
    with pytest.raises(Unsealable):
        other.unseal(bank.seal(b"6222", context="c"), context="c")


def test_a_data_key_opens_for_its_tenant_and_master_alone(sealer):
    wrapped = sealer.new_data_key("bank-a")
    with pytest.raises(Unsealable):
        sealer.tenant("bank-b", wrapped)
    with pytest.raises(Unsealable):
        Sealer(bytes(32)).tenant("bank-a", wrapped)


def test_another_process_with_the_same_master_reads_on(sealer, bank):
    wrapped = sealer.new_data_key("bank-a")
    sealed = sealer.tenant("bank-a", wrapped).seal(b"6222", context="c")
    assert Sealer(MASTER).tenant("bank-a", wrapped).unseal(sealed, context="c") == b"6222"


def test_a_tenants_key_is_unwrapped_once(sealer):
    wrapped = sealer.new_data_key("bank-a")
    assert sealer.tenant("bank-a", wrapped) is sealer.tenant("bank-a", wrapped)


def test_a_blind_index_finds_one_field_of_one_tenant(sealer, bank):
    """Equal values meet; another field, tenant or a shifted boundary between field and value does not."""
    other = sealer.tenant("bank-b", sealer.new_data_key("bank-b"))
    index = bank.blind_index("6222", field="account")
    assert index == bank.blind_index("6222", field="account")
    assert len(index) == 16
    strangers = {
        bank.blind_index("6223", field="account"),
        bank.blind_index("6222", field="phone"),
        bank.blind_index("t6222", field="accoun"),
        other.blind_index("6222", field="account"),
    }
    assert len(strangers) == 4
    assert index not in strangers


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_master_key_of_another_length_is_refused(length):
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(bytes(length))


def test_no_key_shows(sealer, bank):
    for thing in (sealer, bank):
        assert "\\x" not in repr(thing)
        assert not hasattr(thing, "__dict__")
