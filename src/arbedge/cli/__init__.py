"""The `arbedge` command: one module a group of commands, each thin over `bootstrap`.

Comes in: arguments and the terminal. Goes out: text or JSON on stdout, problems on stderr, an exit code.
It decides nothing about the market; a person's mistake gets one line that names the fix, never a traceback.
"""
