"""The local stack as one thing: the local cloud and the three functions, started, watched and stopped together.

Modules, from the data to the running thing:

    plan         which processes there are, with which command and environment
    ports        free ports, and who holds a taken one
    folder       the data folder belongs to one stack at a time
    state        DATA/stack.json: what runs, for everybody else
    logs         DATA/logs/NAME.log
    leash        nothing outlives the supervisor, however it ends
    child        one supervised process
    supervisor   all of them: start, keep, stop
    background   start and stop a supervisor from another process
"""
