"""Everything between a stranger's bytes and a judged photo.

`judge.judge_photo` is the pure core: bytes to a value. `guard.Guard` runs it, and every other task of `tasks.TASKS`, in
child processes that a hostile photo may crash, fill or hang without harm. Of Loupe's other
parts this package imports the policy alone (`shared.model.quality`).
"""
