import re

import pytest

from ops.call import scenarios
from ops.call.scenarios import Citizen


@pytest.mark.parametrize("name", ["citizen", "phones", "register"])
def test_every_jump_of_a_scenario_has_its_label(name: str) -> None:
    text = scenarios.scenario(name)
    labels = re.findall(r'<label id="(\w+)"', text)
    jumps = re.findall(r' next="(\w+)"', text)
    assert set(jumps) <= set(labels)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("text", ["a;b", "a\r\nX-Evil: 1", "a\nb"])
def test_what_no_field_can_hold_takes_the_other_way(text: str) -> None:
    citizen = Citizen(user="139", dialled="12345", display=text)
    assert citizen.odd
    assert scenarios.citizen_row("c1", citizen, 30000) == ["c1", "", "", "", "30000"]
    keys = scenarios.literal_keys(citizen)
    assert dict(zip(keys[1::3], keys[2::3], strict=True)) == {"target": "12345@", "display": text, "origin": "139@"}
    assert set(keys[::3]) == {"-key"}
    with pytest.raises(ValueError, match="semicolon or a line break"):
        scenarios.field_file([["c1", text]])


def test_the_literal_scenario_asks_for_no_text_field() -> None:
    text = scenarios.scenario("citizen", literal=True)
    assert "[field1]" not in text
    assert "INVITE sip:[target]" in text
    assert "[field4]" in text


@pytest.mark.parametrize("text", ['"张三" ', "${SHELL(id)}", "a&b,c", "😀" * 50])
def test_other_odd_text_stands_in_the_file_as_it_is(text: str) -> None:
    citizen = Citizen(user=text, display=text)
    assert not citizen.odd
    row = scenarios.citizen_row("c1", citizen, 30000)
    origin = f"{text}@" if text else ""
    assert scenarios.field_file([row]) == f"SEQUENTIAL\nc1;12345@;{text};{origin};30000\n"


def test_an_empty_number_leaves_no_user_part() -> None:
    assert scenarios.citizen_row("c1", Citizen(user="", dialled=""), 4)[1:4] == ["", "", ""]


def test_a_control_message_is_found_by_its_call_id() -> None:
    message = scenarios.control_message(
        "ANSWER", "1-2@h", host="127.0.0.1", port=9, headers={"X-Rtp-Port": "4"}
    ).decode()
    assert message.startswith("ANSWER sip:scenario@127.0.0.1 SIP/2.0\r\n")
    assert "\r\nCall-ID: 1-2@h\r\n" in message
    assert "\r\nX-Rtp-Port: 4\r\n" in message
    assert message.endswith("\r\n\r\n")


def test_a_registration_row() -> None:
    assert scenarios.registration_row("1001", "pw", 0) == ["1001", "[authentication username=1001 password=pw]", "0"]


def test_a_citizen_is_never_asked_who_it_is_and_a_seats_phone_is() -> None:
    citizen, seat = scenarios.scenario("citizen"), scenarios.scenario("citizen", signs_in=True)
    assert re.findall(r"CSeq: (\d) (INVITE|ACK|CANCEL|BYE)", citizen) == [
        *(("1", "INVITE"), ("1", "ACK"), ("3", "BYE"), ("1", "CANCEL"), ("1", "ACK")),
    ]
    assert re.findall(r"CSeq: (\d) (INVITE|ACK|CANCEL|BYE)", seat) == [
        *(("1", "INVITE"), ("1", "ACK"), ("2", "INVITE")),
        *(("2", "ACK"), ("3", "BYE"), ("2", "CANCEL"), ("2", "ACK")),
    ]
    assert "[field5]" not in citizen
    assert '<recv response="401" auth="true"/>' in seat
    for text in (citizen, seat):
        assert "@@" not in text
        assert len(set(re.findall(r"branch=(z9hG4bK\S+)x\d", text))) == 1
