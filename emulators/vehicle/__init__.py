"""The electric car as the station sees it: a pilot load that asks for current, and a current that follows."""
