#!/bin/sh
# Rendered by asterisk_conf. Started by Asterisk when neither the voice process nor an agent could be reached.
exec env @{environment} @{command}
