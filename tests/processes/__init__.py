"""Host, gun and console as processes, under the faults that an operating system has."""
