"""What can go wrong on the machine's side, told with what to do about it; no handling of it here."""

import errno


class OpsError(Exception):
    """A failure the operator can act on: `what` happened and what to do (`remedy`)."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}\n  what to do: {remedy}")
        self.what = what
        self.remedy = remedy


def explain(error: OSError) -> OpsError:
    """Turn an operating-system error that nobody expected into one that says what to do."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OpsError(f"the disk is full{where}", "free some space and run the same command again; nothing is lost")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OpsError(
            f"no permission{where}: {error.strerror}",
            "run as the owner of this folder, or give it back: chown -R <you> .local .venv",
        )
    return OpsError(f"{error.strerror or error}{where}", "mend what the message names and run the same command again")
