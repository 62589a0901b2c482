"""Agents: who they are, what they do now, where their phone signs in."""
