"""The storm shield: one person hears of one cause a few times, however many incidents it opens.

`admit` decides what leaves at once and what is gathered, `departure` sends bundles on their way,
`freshness` asks once more right before sending, `receipts` tells the members what became of it.
"""
