"""The job protocol under faults: the real code on a model of the cloud, with a virtual clock and seeds."""
