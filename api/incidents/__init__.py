"""Incidents 突发事件: notices that chosen lines tell until they are over, and who is affected."""
