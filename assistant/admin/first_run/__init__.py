"""The guided first run: from an empty organization to a widget that answers on its site, one page for each step."""
