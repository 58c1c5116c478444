"""What the library costs, beside what everybody writes by hand."""
