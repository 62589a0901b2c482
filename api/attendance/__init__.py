"""Attendance 考勤: what the rota planned against what agents did."""
