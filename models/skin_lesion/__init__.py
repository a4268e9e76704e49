"""How the sample model of kind `skin_lesion` is made: rendered look-alikes, a small network, honest figures."""
