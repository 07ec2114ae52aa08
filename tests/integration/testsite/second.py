# SPDX-License-Identifier: Apache-2.0
"""A second MX host beside a place's own: another Postfix and another spool, the same Redis."""
from .countersign import Node
from .postfix import Postfix
from .sender import Ledger


def add_second(place, store_url=None):
    """Adds `second`, `second_postfix` and `second_ledger` to the place."""
    folder = place.folder / "second"
    socket = folder / "node" / "milter.sock"
    other = Postfix(folder, f"unix:{place.folder}/verifier.sock, "
                            f"{{ unix:{socket}, default_action=tempfail }}", place.outside.port)
    folder.mkdir()
    # Both deliver into one Maildir: the site's.
    other.maildir = place.postfix.maildir
    other.write_configuration()
    main = folder / "etc" / "main.cf"
    main.write_text(main.read_text().replace(
        f"virtual_mailbox_base = {folder}", f"virtual_mailbox_base = {place.folder}"))
    node = Node(folder / "node", store_url or f"unix:{place.redis.socket}",
                f"127.0.0.1:{other.reentry}", f"127.0.0.1:{other.notice}",
                {key: value for key, value in place.node.keys.items()
                 if key.startswith(("challenge.", "first_contact."))})
    node.copy_secrets(place.node)
    place._ends(node)
    place._ends(other.start())
    node.start_milter()
    place.second, place.second_postfix = node, other
    place.second_ledger = Ledger(other.mx)
