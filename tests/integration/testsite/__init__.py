# SPDX-License-Identifier: Apache-2.0
"""A whole site in one temporary folder: Postfix, Redis and our daemons, for stories and the demo.

Everything listens on loopback (ports below 32768) or on Unix sockets, is started in the foreground,
and is ended by its process id.
"""
