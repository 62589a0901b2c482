"""Numbers that menus may connect citizens with, and whether they answer."""
