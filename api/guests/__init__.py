"""Guest sessions: people of standing (市长, 人大代表, 政协委员) who answer citizens' calls for some hours."""
