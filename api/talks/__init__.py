"""What an agent does with the present talk: hold, transfers, a third party."""
