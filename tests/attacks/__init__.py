"""What people do to the product who mean it no good, and what it lets them have.

One file per way in: what is asked for too often, what is sent too much of, who passes for somebody else. Each test drives
the real views, sockets or servers, and says in its name what the attacker does not get.
"""
