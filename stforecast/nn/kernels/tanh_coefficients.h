// tanh(u) = u P(u^2) / Q(u^2) for |u| <= limit, from tests/nn/kernels/derive_tanh.py
template <class T> struct Tanh;

template <> struct Tanh<float> {  // largest relative error 2.8e-8
  static constexpr float limit = 4.6f;
  static constexpr int degree_top = 3, degree_bottom = 3;
  static constexpr float top[] = {
      0.999999972f,
      0.125870808f,
      0.00254827288f,
      5.43469359e-6f};
  static constexpr float bottom[] = {
      1.0f,
      0.459203841f,
      0.0222834197f,
      0.000173898949f};
};

template <> struct Tanh<double> {  // largest relative error 6.4e-17
  static constexpr double limit = 9.6;
  static constexpr int degree_top = 7, degree_bottom = 7;
  static constexpr double top[] = {
      0.99999999999999994,
      0.14860970015835988,
      0.00550033517340225,
      7.6099092182150293e-5,
      4.4202245158471159e-7,
      1.0436997148003702e-9,
      8.0442424878533625e-13,
      8.8194728833313718e-17};
  static constexpr double bottom[] = {
      1.0,
      0.48194303349169224,
      0.032814679670635466,
      0.00072350848508634748,
      6.4563882858377888e-6,
      2.422534351117748e-8,
      3.420452887208298e-11,
      1.2126302361894845e-14};
};
