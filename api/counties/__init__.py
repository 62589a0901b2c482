"""Counties: their names, the trunks to their telephones, their seats as they are now."""
