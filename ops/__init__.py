"""The machine's side: brings what is missing, renders an instance, starts and watches its processes."""
