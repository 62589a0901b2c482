"""Cases 工单: their states, numbers and lists."""
