"""The rota 排班: who is on duty when, and every minute without cover."""
