"""The parts of serve.py, each as the module that it is; test_serve.py runs the program."""
