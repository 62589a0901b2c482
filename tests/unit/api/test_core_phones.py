import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.core.phones import canonical_number, display_number

MOBILE = "+8613800138000"
LANDLINE = "+865346316000"


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("13800138000", MOBILE),
        ("+8613800138000", MOBILE),
        ("+86 138-0013-8000", MOBILE),
        ("008613800138000", MOBILE),
        ("8613800138000", MOBILE),
        ("013800138000", MOBILE),
        ("１３８００１３８０００", MOBILE),
        ("tel:+8613800138000", MOBILE),
        ("sip:13800138000@10.0.0.1", MOBILE),
        ("19912345678", "+8619912345678"),
        ("14812345678", "+8614812345678"),
        ("05346316000", LANDLINE),
        ("(0534) 6316000", LANDLINE),
        ("865346316000", LANDLINE),
        ("6316000", LANDLINE),
        ("63160000", "+8653463160000"),
        ("01063160000", "+861063160000"),
        ("4008008820", "+864008008820"),
        ("12345", "12345"),
        ("110", "110"),
        ("10086", "10086"),
        ("95588", "95588"),
        ("+14155552671", "+14155552671"),
        ("0014155552671", "+14155552671"),
        ("0085223456789", "+85223456789"),
    ],
)
def test_spellings_of_one_number_are_one_number(raw: str, canonical: str) -> None:
    assert canonical_number(raw, area_code="0534") == canonical


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        " ",
        "anonymous",
        "Anonymous",
        "unknown",
        "asterisk",
        "withheld",
        "<unknown>",
        "0",
        "00000000000",
        "123456789",
        "1001",
        "+",
        "++8613800138000",
        "${SHELL(id)}",
        "1' OR '1'='1",
        "13800138000&SIP/1",
        "1380013800०",
        "9" * 300,
        "😀",
        "\ud800",
    ],
)
def test_what_shows_no_number_has_no_canonical_form(raw: str | None) -> None:
    assert canonical_number(raw, area_code="0534") is None


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=50))
def test_any_text_is_taken_and_a_canonical_form_is_its_own(raw: str) -> None:
    number = canonical_number(raw, area_code="0534")
    if number is not None:
        assert number.removeprefix("+").isascii()
        assert number.removeprefix("+").isdigit()
        assert canonical_number(number, area_code="0534") == number
        assert display_number(number)


@pytest.mark.parametrize(
    ("canonical", "shown"),
    [
        (None, "未显示号码"),
        (MOBILE, "138 0013 8000"),
        (LANDLINE, "0534 631 6000"),
        ("12345", "12345"),
        ("+14155552671", "+1 415-555-2671"),
    ],
)
def test_how_a_person_reads_it(canonical: str | None, shown: str) -> None:
    assert display_number(canonical) == shown
