"""Who is on call, as pure arithmetic on wall clocks: no Django, no clock, no stored position.

Five rules, which the modules name by their number:

D1  A wall time is the earliest instant at which the clocks of its zone show it or later. A time
    that clocks skip is the end of the gap, one that they repeat its first occurrence.
D2  Every interval has its start and lacks its end: at the second of a hand-off it is the next one.
D3  A rotation is an anchor, a length and slots that take turns. Each boundary is computed from the
    anchor on the wall, never from the boundary before; months are clamped to their last day.
D4  A window belongs to the weekday on which it starts; when its end is not after its start it ends
    on the day after.
D5  The highest layer that has somebody answers, then overrides are laid on top in the order in
    which they were made, and disabled people fall out. Nobody left is a gap.
"""
