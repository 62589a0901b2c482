"""The days that are not what their weekday says, as the State Council publishes them each year."""
