"""Looking inside trained networks: part 1c of the report, and the paper that its part 2 summarises.

Zeiler & Fergus, *Visualizing and Understanding Convolutional Networks*, ECCV 2014, applied to
LeNet5 on test images. Everything here computes arrays; `elec576.pictures` draws them.
"""
