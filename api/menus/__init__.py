"""Menus: drafts, checks, approval, publication, roll-back, trying, figures."""
