"""How the system is doing, for programs and operators: /healthz, /metrics, `iruka status`."""
