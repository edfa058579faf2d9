"""The elaborated network: shapes, the graph behind its facade, its checks and its printed form."""
