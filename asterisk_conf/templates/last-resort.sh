#!/bin/sh
# Rendered by asterisk_conf. Started by Asterisk when neither the voice process nor an agent could be reached.
cd @{project} || exit 1
exec env @{environment} @{command}
