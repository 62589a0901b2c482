"""A process AGI script: the five-step menu as Asterisk runs it in a Python process for each call, with pyst2."""

from asterisk.agi import AGI

STEPS = 5
LOST_SECONDS = 20


def main() -> None:
    """Speak each step and wait for its key, 1 to 5; a caller who presses wrongly is left hanging."""
    agi = AGI()
    agi.answer()
    for step in range(1, STEPS + 1):
        key = agi.stream_file("bench/step", "0123456789*#") or agi.wait_for_digit(3000)
        if key != str(step):
            agi.appexec("Wait", str(LOST_SECONDS))
            return


if __name__ == "__main__":
    main()
