"""Design documents under the policy `open`: their functions, in a process of their own."""
