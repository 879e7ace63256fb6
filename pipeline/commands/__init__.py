"""The commands of ``mandates``: arguments in, printed answers out. The only stage that prints or exits."""
