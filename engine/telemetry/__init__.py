"""What happens, told to those who operate the engine: metrics, what a thread works on, and traces.

Any layer may call in here. Nothing in here names a person: labels are connections, kinds and numbers.
"""
