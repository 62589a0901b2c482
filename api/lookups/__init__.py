"""What a menu may ask about its caller and about a case, answered at once."""
